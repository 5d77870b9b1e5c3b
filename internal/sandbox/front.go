package sandbox

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/keyedin-app/keyedin-infra/internal/sandbox/proxy"
	"github.com/keyedin-app/keyedin-infra/internal/state/process"
)

// Front stands before the server of a stern sandbox, at listen, and makes the weather: published rates, throttling,
// failures and lost answers, at moderate rates. It returns when ctx ends or the process pid has ended; 0 is none.
func Front(ctx context.Context, listen, target string, pid int) error {
	server, err := url.Parse(target)
	if err != nil {
		return err
	}
	a, err := parse(listen)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(a.bind(), a.port))
	if err != nil {
		return err
	}
	weather := proxy.New(server, "")
	defer weather.Close()
	weather.Forgetful()
	weather.Forecast(proxy.Moderate(uint64(time.Now().UnixNano())))
	front := &http.Server{Handler: weather, ReadHeaderTimeout: time.Minute}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		defer front.Close() //nolint:errcheck // nothing is written that could be lost
		watched := process.Of(pid)
		for pid == 0 || !ended(watched) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
	if err := front.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// front is the process that does so in the background: this program once more.
func (l launch) front(a, server address, pid int) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.Command(self, "sandbox", "front", "--listen", net.JoinHostPort(a.host, a.port),
		"--server", server.url(), "--pid", strconv.Itoa(pid))
	command.Args[0] = "keyedin" // also where the program goes by the name of what it tests
	command.Env = clean()
	return command, nil
}
