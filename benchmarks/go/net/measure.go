package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/rpc"
	"slices"
	"sync"
	"time"
)

// Job is what benchmarks/job.py says.
type Job struct {
	Scheme string `json:"scheme"`
	Method string `json:"method"`
	Count  int    `json:"count"`
	Width  int    `json:"width"`
	Size   int    `json:"size"`
}

// Timing is the latency of each call, and how long all of them took together.
type Timing struct {
	Latencies []int64 `json:"latencies"`
	Elapsed   int64   `json:"elapsed"`
}

var errWrong = errors.New("the reply is not what was sent")

type call func(*rpc.Client) error

func multiply(client *rpc.Client) error {
	var product int
	if err := client.Call("Arith.Multiply", &Args{7, 8}, &product); err != nil {
		return err
	}
	if product != 56 {
		return errWrong
	}
	return nil
}

func echoOrder(client *rpc.Client) error {
	var reply Order
	if err := client.Call("Arith.Order", build(), &reply); err != nil {
		return err
	}
	if !right(&reply) {
		return errWrong
	}
	return nil
}

func echoBlob(client *rpc.Client) error {
	var reply []byte
	return client.Call("Arith.Blob", blob, &reply)
}

func echoNumbers(size int) call {
	numbers := make([]int, size)
	for i := range numbers {
		numbers[i] = 1<<24 + i
	}
	return func(client *rpc.Client) error {
		var reply []int
		return client.Call("Arith.Numbers", numbers, &reply)
	}
}

// check makes one call and looks at the whole reply, which the timed ones of large ones do not.
func check(client *rpc.Client, method string) error {
	switch method {
	case "multiply":
		return multiply(client)
	case "order":
		return echoOrder(client)
	case "blob":
		var reply []byte
		err := client.Call("Arith.Blob", blob, &reply)
		if err == nil && !bytes.Equal(reply, blob) {
			return errWrong
		}
		return err
	case "numbers":
		return nil
	}
	return fmt.Errorf("unknown method %q", method)
}

func measure(client *rpc.Client, another func() (*rpc.Client, error), job Job) (*Timing, error) {
	if err := check(client, job.Method); err != nil {
		return nil, err
	}
	operation := map[string]call{
		"multiply": multiply, "order": echoOrder, "blob": echoBlob, "numbers": echoNumbers(job.Size),
	}[job.Method]
	clients := slices.Repeat([]*rpc.Client{client}, max(job.Width, 1))
	switch job.Scheme {
	case "futures":
		return window(client, job)
	case "sequence", "tasks":
	case "connections":
		for i := range clients {
			fresh, err := another()
			if err != nil {
				return nil, err
			}
			defer fresh.Close()
			if err := check(fresh, job.Method); err != nil {
				return nil, err
			}
			clients[i] = fresh
		}
	default:
		return nil, fmt.Errorf("unknown scheme %q", job.Scheme)
	}
	return loops(clients, operation, max(1, job.Count/len(clients)))
}

// loops makes count calls for each entry of clients, all entries at once.
func loops(clients []*rpc.Client, operation call, count int) (*Timing, error) {
	latencies := make([][]int64, len(clients))
	failures := make([]error, len(clients))
	var wait sync.WaitGroup
	begun := time.Now()
	for i, client := range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			latencies[i], failures[i] = loop(client, operation, count)
		}()
	}
	wait.Wait()
	elapsed := time.Since(begun)
	return &Timing{slices.Concat(latencies...), elapsed.Nanoseconds()}, errors.Join(failures...)
}

func loop(client *rpc.Client, operation call, count int) ([]int64, error) {
	latencies := make([]int64, 0, count)
	start := time.Now()
	for range count {
		if err := operation(client); err != nil {
			return nil, err
		}
		end := time.Now()
		latencies = append(latencies, end.Sub(start).Nanoseconds())
		start = end
	}
	return latencies, nil
}

type pending struct {
	start time.Time
	call  *rpc.Call
}

// window keeps up to job.Width calls in flight, and waits for the oldest when it is full.
func window(client *rpc.Client, job Job) (*Timing, error) {
	latencies := make([]int64, 0, job.Count)
	oldest := make(chan pending, job.Width)
	finish := func() error {
		next := <-oldest
		<-next.call.Done
		latencies = append(latencies, time.Since(next.start).Nanoseconds())
		return next.call.Error
	}
	begun := time.Now()
	for i := range job.Count {
		if i >= job.Width {
			if err := finish(); err != nil {
				return nil, err
			}
		}
		start := time.Now()
		started := client.Go("Arith.Multiply", &Args{7, 8}, new(int), make(chan *rpc.Call, 1))
		oldest <- pending{start, started}
	}
	for len(oldest) > 0 {
		if err := finish(); err != nil {
			return nil, err
		}
	}
	return &Timing{latencies, time.Since(begun).Nanoseconds()}, nil
}
