package datachannel

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestWire holds a message against its bytes, taken apart by hand.
func TestWire(t *testing.T) {
	t.Parallel()
	m := message{
		Type: inputData, Created: time.UnixMilli(0x0102030405), Sequence: 7, Flags: 1, Kind: plain, Payload: []byte("hi"),
		ID: id{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	}
	want := "00000074" + hex.EncodeToString([]byte("input_stream_data               ")) + "00000001" +
		"0000000102030405" + "0000000000000007" + "0000000000000001" +
		"08090a0b0c0d0e0f0001020304050607" +
		"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4" +
		"00000001" + "00000002" + "6869"
	if got := hex.EncodeToString(m.encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if m.ID.String() != "00010203-0405-0607-0809-0a0b0c0d0e0f" {
		t.Errorf("the id reads %s", m.ID)
	}
}

// TestAnyMessageComesBack encodes and decodes.
func TestAnyMessageComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := message{
			Type:    rapid.SampledFrom([]string{inputData, outputData, acknowledge, closed}).Draw(t, "type"),
			Created: time.UnixMilli(rapid.Int64Range(0, 1<<50).Draw(t, "created")), Sequence: rapid.Int64().Draw(t, "sequence"),
			Flags: rapid.Uint64().Draw(t, "flags"), Kind: payload(rapid.Uint32().Draw(t, "kind")), ID: newID(),
			Payload: rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "payload"),
		}
		raw := m.encode()
		got, err := decode(raw)
		if err != nil || got.Type != m.Type || !got.Created.Equal(m.Created) || got.Sequence != m.Sequence || got.Flags != m.Flags ||
			got.Kind != m.Kind || got.ID != m.ID || !bytes.Equal(got.Payload, m.Payload) {
			t.Fatalf("%+v came back as %+v, %v", m, got, err)
		}
		if _, err := decode(raw[:rapid.IntRange(0, len(raw)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a cut message was taken")
		}
		if len(m.Payload) > 0 {
			raw[len(raw)-1] ^= 1
			if _, err := decode(raw); err == nil {
				t.Fatal("a changed message was taken")
			}
		}
	})
}

// FuzzDecode takes whatever the service may send.
func FuzzDecode(f *testing.F) {
	f.Add(message{Type: closed, Payload: []byte(`{}`)}.encode())
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = decode(b) })
}
