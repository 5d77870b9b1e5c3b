package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// address is where a sandbox listens.
type address struct{ host, port string }

// url is how a client on this machine reaches it. A name would make S3 clients put the bucket before it.
func (a address) url() string {
	host := a.host
	switch host {
	case "", "0.0.0.0", "localhost":
		host = "127.0.0.1"
	case "::":
		host = "::1"
	}
	return "http://" + net.JoinHostPort(host, a.port)
}

// bind is the host for the server to bind to.
func (a address) bind() string {
	switch a.host {
	case "":
		return "0.0.0.0"
	case "localhost":
		return "127.0.0.1"
	}
	return a.host
}

func parse(listen string) (address, error) {
	host, port, err := net.SplitHostPort(listen)
	if n, wrong := strconv.ParseUint(port, 10, 16); err == nil && (wrong != nil || strconv.FormatUint(n, 10) != port) {
		err = errors.New("the port is no number from 0 to 65535")
	}
	if err != nil {
		return address{}, fmt.Errorf("the sandbox cannot listen on %q: %w.\nName a host and a port, such as --listen %s", listen, err, DefaultListen)
	}
	return address{host, port}, nil
}

// resolve chooses the port and sees that it is free.
func resolve(listen string) (address, error) {
	wanted, err := parse(cmp.Or(listen, DefaultListen))
	if err != nil {
		return address{}, err
	}
	free, err := probe(wanted)
	if err != nil && listen == "" {
		return probe(address{wanted.host, "0"})
	}
	if err != nil {
		return address{}, fmt.Errorf("the sandbox cannot listen on %s: %w.\n"+
			"End what uses that address, or choose another one, such as --listen 127.0.0.1:0 for any free port", listen, err)
	}
	return free, nil
}

// probe listens for a moment; port 0 becomes the one that was given.
func probe(a address) (address, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(a.bind(), a.port))
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return address{}, err
	}
	defer listener.Close()
	return address{a.host, strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)}, nil
}

// answers asks the sandbox whether it is ready. It may be at work on a long call, and answers one after the other.
func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/moto-api/", nil)
	if err != nil {
		return false
	}
	// No proxy stands between this machine and itself, whatever the environment says.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}
