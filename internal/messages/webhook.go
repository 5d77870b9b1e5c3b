package messages

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Patience is how long all messages together may take.
const Patience = 5 * time.Second

// longestAddress is what the Parameter Store keeps free of charge, in bytes.
const longestAddress = 4096

// Check tells whether an address can be that of a webhook. Whoever has such an
// address may write to the chat, so no error holds it, and it travels encrypted.
func Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case address == "":
		return errors.New("the webhook's address is empty")
	case err != nil || u.Host == "" || strings.ContainsAny(address, " \t\r\n"):
		return errors.New("the webhook's address is not of the form https://HOST/PATH")
	case len(address) > longestAddress || strings.Contains(address, "{{"):
		return fmt.Errorf("the webhook's address has {{ in it, or over %d characters, which AWS does not keep", longestAddress)
	case u.User != nil:
		return errors.New("the webhook's address has a user in it, which no webhook takes")
	case u.Scheme == "https", u.Scheme == "http" && isLocal(u.Hostname()):
		return nil
	}
	return errors.New("the webhook's address must begin with https://: what is sent, and the address itself, would be readable on the way")
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Host is all of an address that may be shown.
func Host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// NotTold says why a webhook did not take a message, and nothing of its address
// but the host.
type NotTold struct{ Host, Why string }

func (e *NotTold) Error() string { return e.Host + " " + e.Why }

// Client calls webhooks. It follows no redirect: whoever is sent elsewhere would
// be given the message, and a POST that becomes a GET is lost without a word.
func Client() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Send writes a text to the chat behind a webhook: Slack's, or one that takes
// the same, such as Mattermost's and, with /slack at its end, Discord's. Its
// error is a *NotTold.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
func Send(ctx context.Context, client *http.Client, address, text string) error {
	body, err := json.Marshal(map[string]string{"text": chat(text)})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return &NotTold{Host(address), "cannot be called at this address"}
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(request)
	if err != nil {
		return &NotTold{Host(address), why(err)}
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // what it says beside its status is of no use
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &NotTold{Host(address), fmt.Sprintf("has moved elsewhere (%d), where nothing is sent: set its new address", code)}
	default:
		return &NotTold{Host(address), fmt.Sprintf("answered %d", code)}
	}
}

// why is what went wrong with a call, without the address that is in the errors
// of net/http, and without what the other side has said.
func why(err error) string {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("did not answer within %s", Patience)
	case errors.Is(err, context.Canceled):
		return "was not waited for"
	case errors.As(err, &certificate):
		return "shows a certificate that is not trusted"
	case errors.As(err, &name):
		return "is not known to the DNS"
	case errors.As(err, &dial) && dial.Op == "dial":
		return "cannot be reached"
	}
	return "broke the call off"
}
