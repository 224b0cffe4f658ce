//go:build ignore

package main

func (Service) Lost(args int, reply *int) error { return nil }
