package s3_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"go.uber.org/goleak"

	"github.com/keyedin-app/keyedin-infra/internal/state"
	"github.com/keyedin-app/keyedin-infra/internal/state/s3"
)

const endpointVariable = "KEYEDIN_TEST_ENDPOINT"

func TestMain(m *testing.M) {
	if endpoint := os.Getenv(endpointVariable); endpoint != "" {
		holdUntilKilled(endpoint)
	}
	goleak.VerifyTestMain(m)
}

// holdUntilKilled is the child: it says when it has the lock, and then only waits.
func holdUntilKilled(endpoint string) {
	_, err := remote(endpoint).Lock(context.Background(), state.Holder{Who: "child", Command: "keyedin apply"})
	fmt.Println("locked:", err)
	time.Sleep(time.Minute)
	os.Exit(1)
}

func remote(endpoint string) *state.Remote {
	client := awshttp.NewBuildableClient().WithTransportOptions()
	return s3.Open(sdk(client, endpoint, 3), bucket, "test", s3.Options{})
}

func TestKilledHolderOnThisMachine(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not tell when a process started: there only the lease counts")
	}
	server := httptest.NewServer(newCloud(t))
	defer server.CloseClientConnections()
	defer server.Close()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), endpointVariable+"="+server.URL)
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, err)
	if strings.TrimSpace(line) != "locked: <nil>" {
		t.Fatal(line)
	}

	store := remote(server.URL)
	if _, err := store.Lock(t.Context(), state.Holder{Who: "parent"}); refusedBy(err) != "child" {
		t.Fatalf("while the child lives: %v", err)
	}
	must(t, child.Process.Kill())
	began := time.Now()
	for { // a kill is not instantaneous
		held, err := store.Lock(t.Context(), state.Holder{Who: "parent"})
		if err == nil {
			must(t, held.Release(t.Context()))
			break
		}
		if time.Since(began) > 2*time.Second {
			t.Fatalf("not taken over: %v", err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = child.Wait() // it was killed
}
