// Package sms sends text messages, and understands what providers report of them.
//
// Its choices:
//
//   - A provider is one file. The first is GOV.UK Notify, which public services in Scotland and the rest of the United Kingdom may use; another
//     gives a push.Sender, and a push.Asker if it can be asked by our id.
//   - A number that cannot be one is Gone before anybody is asked, so that a worker is to check it.
//   - What is wrong with the partnership's own account (its key, its template) is Later: it is mended by people, and the message may still go. Its
//     Why says so, and marks nobody's number.
//   - No error and no Why holds a number, a word, or what a provider wrote.
package sms

import "alongside/internal/push"

var _ interface {
	push.Sender
	push.Asker
} = (*Notify)(nil)
