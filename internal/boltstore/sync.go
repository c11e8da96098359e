//go:build !nosync

package boltstore

// noSync is true in no program that anybody serves from: the tests of power loss build one, which has to lose what it was told.
const noSync = false
