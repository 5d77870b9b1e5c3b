//go:build !linux && !darwin

package process

func boot() string { return "" }

func started(int) (start string, known bool) { return "", false }

func gone(int) bool { return false }
