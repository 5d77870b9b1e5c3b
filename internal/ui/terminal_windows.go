package ui

// resized never tells: Windows has no signal for it.
func resized() (<-chan struct{}, func()) { return nil, func() {} }
