//go:build nosync

package boltstore

const noSync = true
