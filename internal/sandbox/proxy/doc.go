// Package proxy stands between an AWS client and a moto server and looks at each call: it names the operation, says
// whether it changes anything, keeps a record to measure by, and can answer as AWS does on a bad day (latency,
// throttling, denials, lost answers, the power cut of the client).
//
// It knows how AWS requests look on the wire. It does not know moto, the engine or any kind of object.
package proxy
