package datachannel

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The kinds of messages that the service and the agent send.
const (
	inputData  = "input_stream_data"  // from here to the machine
	outputData = "output_stream_data" // from the machine

	acknowledge = "acknowledge" // a message has arrived
	closed      = "channel_closed"
)

// payload says what a message of data holds.
type payload uint32

const (
	plain             payload = 1
	handshakeRequest  payload = 5
	handshakeResponse payload = 6
	handshakeComplete payload = 7
	flag              payload = 10
)

// noPort is the flag by which the agent says that nothing listens on the port.
const noPort = 3

// lastOfOne are the flags of a message that is the first and the last of its
// sequence, as each acknowledgement is.
const lastOfOne = 3

const schemaVersion = 1

// message is one of them. On the wire all numbers are big-endian:
//
//	header length 4 | type 32 | schema 4 | created 8 | sequence 8 | flags 8 |
//	id 16 | SHA-256 of the payload 32 | payload type 4 | payload length 4 | payload
//
// The header's length is that of all before the payload's length.
type message struct {
	Type     string
	Created  time.Time
	Sequence int64
	Flags    uint64
	ID       id
	Kind     payload
	Payload  []byte
}

const (
	typeAt     = 4
	typeLength = 32
	schemaAt   = typeAt + typeLength
	createdAt  = schemaAt + 4
	sequenceAt = createdAt + 8
	flagsAt    = sequenceAt + 8
	idAt       = flagsAt + 8
	digestAt   = idAt + 16
	kindAt     = digestAt + sha256.Size
	header     = kindAt + 4
	lengthSize = 4
)

// id is a UUID. On the wire its second half comes first.
type id [16]byte

func newID() id {
	var i id
	_, _ = rand.Read(i[:]) // it never fails
	i[6] = i[6]&0x0f | 0x40
	i[8] = i[8]&0x3f | 0x80
	return i
}

func (i id) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", i[:4], i[4:6], i[6:8], i[8:10], i[10:])
}

// encode makes the bytes of a message.
func (m message) encode() []byte {
	b := make([]byte, header+lengthSize, header+lengthSize+len(m.Payload))
	binary.BigEndian.PutUint32(b, header)
	copy(b[typeAt:schemaAt], m.Type+strings.Repeat(" ", typeLength))
	binary.BigEndian.PutUint32(b[schemaAt:], schemaVersion)
	binary.BigEndian.PutUint64(b[createdAt:], uint64(m.Created.UnixMilli()))
	binary.BigEndian.PutUint64(b[sequenceAt:], uint64(m.Sequence))
	binary.BigEndian.PutUint64(b[flagsAt:], m.Flags)
	copy(b[idAt:], m.ID[8:])
	copy(b[idAt+8:], m.ID[:8])
	sum := sha256.Sum256(m.Payload)
	copy(b[digestAt:], sum[:])
	binary.BigEndian.PutUint32(b[kindAt:], uint32(m.Kind))
	binary.BigEndian.PutUint32(b[header:], uint32(len(m.Payload)))
	return append(b, m.Payload...)
}

var (
	errShort  = errors.New("a message of Session Manager is too short")
	errDigest = errors.New("the payload of a message of Session Manager is not what its digest says")
)

// decode reads a message; its payload is a part of b.
func decode(b []byte) (message, error) {
	if len(b) < header+lengthSize {
		return message{}, errShort
	}
	start := uint64(binary.BigEndian.Uint32(b)) + lengthSize
	if start < header || start > uint64(len(b)) {
		return message{}, errShort
	}
	length := uint64(binary.BigEndian.Uint32(b[start-lengthSize:]))
	if start+length > uint64(len(b)) {
		return message{}, errShort
	}
	m := message{
		Type:     string(bytes.Trim(b[typeAt:schemaAt], " \x00")),
		Created:  time.UnixMilli(int64(binary.BigEndian.Uint64(b[createdAt:]))),
		Sequence: int64(binary.BigEndian.Uint64(b[sequenceAt:])),
		Flags:    binary.BigEndian.Uint64(b[flagsAt:]),
		Kind:     payload(binary.BigEndian.Uint32(b[kindAt:])),
		Payload:  b[start : start+length],
	}
	copy(m.ID[8:], b[idAt:])
	copy(m.ID[:8], b[idAt+8:digestAt])
	if sum := sha256.Sum256(m.Payload); length > 0 && !bytes.Equal(sum[:], b[digestAt:kindAt]) {
		return message{}, errDigest
	}
	return m, nil
}
