package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox"
)

//go:embed serve.py
var serve string

// server is one moto process.
type server struct {
	url  *url.URL
	logs *buffer
}

// shared starts the one moto of this test binary at the first call. It ends with the binary: it reads from a pipe that
// only this process holds open.
var shared = sync.OnceValues(startServer)

func startServer() (*server, error) {
	var err error
	for range 3 { // somebody else may take the port between our choice and moto's start
		var s *server
		if s, err = tryServer(); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func tryServer() (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	logs := &buffer{}
	python, err := python()
	if err != nil {
		return nil, err
	}
	command := exec.Command(python, "-c", serve, launcher(), strconv.Itoa(port))
	command.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_ACM_VALIDATION_WAIT=1",
		"PYTHONDONTWRITEBYTECODE=1")
	command.Stdout, command.Stderr = logs, logs
	if _, err := command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	address := &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	if err := awaitReady(address, ended); err != nil {
		return nil, fmt.Errorf("moto did not start: %w\n%s", err, logs)
	}
	return &server{address, logs}, nil
}

// fork is a copy of the process as it is now.
func (s *server) fork() (*server, error) {
	response, err := http.Get(s.url.JoinPath("/moto-api/bench/fork").String())
	if err != nil {
		return nil, fmt.Errorf("moto does not fork: %w\n%s", err, s.logs)
	}
	defer response.Body.Close()
	var answer struct {
		Port int `json:"port"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("moto does not fork: %s %w\n%s", response.Status, err, s.logs)
	}
	return &server{&url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(answer.Port))}, s.logs}, nil
}

// end ends a fork, which gives no answer any more.
func (s *server) end() {
	if response, err := http.Get(s.url.JoinPath("/moto-api/bench/end").String()); err == nil {
		response.Body.Close()
	}
}

func awaitReady(address *url.URL, ended <-chan error) error {
	deadline := time.After(2 * time.Minute)
	for {
		response, err := http.Get(address.JoinPath("/moto-api/").String())
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-ended:
			return fmt.Errorf("python3 ended early: %w", errors.Join(err, errors.New("see its output")))
		case <-deadline:
			return errors.New("no answer within two minutes")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// python is found once; on a new machine it is set up.
var python = sync.OnceValues(func() (string, error) { return sandbox.Python(context.Background(), nil) })

// launcher is the folder of the mended moto beside this one.
func launcher() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "moto")
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// buffer keeps what moto says.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is the last part of it.
func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.b.String()
	return all[max(0, len(all)-8000):]
}
