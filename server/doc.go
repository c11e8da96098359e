// Package server makes one HTTP handler out of the parts, and serves it from a folder.
//
// Its choices:
//
//   - It answers for what all routes share: request ids, limits, headers, the log, deadlines. What a route means is
//     mobileapi's.
//   - A deadline runs from one piece of progress to the next, never over a whole body, so that a phone on 5 kbit/s
//     finishes and a dead one is dropped.
//   - The log has one line a request, and neither it nor a metric holds a path, a token, an address or anything that
//     people wrote.
//   - The office's commands and the metrics are on a Unix socket in the folder and nowhere else.
//   - A store that cannot be trusted since a commit failed is opened anew, which checks it; meanwhile requests are told
//     to come back.
package server
