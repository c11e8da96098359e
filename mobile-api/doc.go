// Package mobileapi is what phones may rely on: HTTP and JSON to deltasync, and nothing else. openapi.yaml beside it says
// the same for people who write a client.
//
// Its choices:
//
//   - A handler decodes, makes one call, encodes. What a request means is deltasync's and auth's business; what is refused
//     is an error there, and one place makes it a problem that tells a person what to do.
//   - An op stays the bytes that were sent and a record the bytes that are kept: neither is decoded here.
//   - A response is built whole, then packed, then written. So a slow phone holds no transaction open and no packer
//     busy, only its own packed bytes.
//   - Live connections carry one number and never data. They are told by a follower of the log, and each holds at most
//     one hint that it has not sent yet.
//   - A limit by address counts what fails, not what arrives: a whole office sits behind one address.
package mobileapi
