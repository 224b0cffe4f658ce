package main

import (
	"net/rpc"

	"example.com/app/api"
	things "example.com/other"
	"example.com/vendored"
)

type Service struct{}

func (Service) Get(args api.Args, reply *vendored.Thing) error { return nil }

type Empty struct{}

func (Empty) Watch(args chan int, reply *int) error { return nil }

func main() {
	rpc.RegisterName(things.Service, Service{})
	rpc.Register(Empty{})
}
