package channeltest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// frame is a message of the data channel up to the payload's length, field by
// field as the agent documents it.
// https://github.com/aws/amazon-ssm-agent/blob/mainline/agent/session/contracts/agentmessage.go
type frame struct {
	HeaderLength   uint32
	MessageType    [32]byte
	SchemaVersion  uint32
	CreatedDate    uint64
	SequenceNumber int64
	Flags          uint64
	// The UUID's less significant half is written first.
	LowID, HighID uint64
	PayloadDigest [sha256.Size]byte
	PayloadType   uint32
	PayloadLength uint32
}

const headerLength = 116

func pack(kind string, payloadType uint32, number int64, content []byte) []byte {
	f := frame{
		HeaderLength: headerLength, SchemaVersion: 1, CreatedDate: uint64(time.Now().UnixMilli()), SequenceNumber: number,
		LowID: 0x8899aabbccddeeff, HighID: uint64(number)<<16 | 0x4000,
		PayloadDigest: sha256.Sum256(content), PayloadType: payloadType, PayloadLength: uint32(len(content)),
	}
	copy(f.MessageType[:], kind+strings.Repeat("\x00", 32)) // the service fills with zeros or blanks
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, f) // a buffer takes all
	b.Write(content)
	return b.Bytes()
}

func unpack(raw []byte) (f frame, kind string, content []byte, err error) {
	r := bytes.NewReader(raw)
	if err := binary.Read(r, binary.BigEndian, &f); err != nil {
		return f, "", nil, err
	}
	content = raw[len(raw)-r.Len():]
	kind = strings.TrimRight(string(f.MessageType[:]), " \x00")
	switch {
	case f.HeaderLength != headerLength || f.SchemaVersion != 1 || f.CreatedDate == 0 || f.LowID == 0 || f.HighID == 0:
		err = fmt.Errorf("a message with the header %+v", f)
	case int(f.PayloadLength) != len(content) || sha256.Sum256(content) != f.PayloadDigest:
		err = fmt.Errorf("a %s whose payload is not what its header says", kind)
	}
	return f, kind, content, err
}

func (f frame) id() string {
	high, low := fmt.Sprintf("%016x", f.HighID), fmt.Sprintf("%016x", f.LowID)
	return high[:8] + "-" + high[8:12] + "-" + high[12:] + "-" + low[:4] + "-" + low[4:]
}

func jsonOf(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
