package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"
	"time"
)

// The types of idl/kvstore.py; arguments that are several in Python are one struct here.

type Durability int

type Entry struct {
	Key     string
	Value   []byte
	Version int
	Tags    map[string]string
	Expires *time.Time
}

type Page struct {
	Entries []Entry
	NextKey *string
}

type Stats struct {
	Entries  int
	Octets   int
	Children map[string]Stats
}

type PutArgs struct {
	Key        string
	Value      []byte
	Tags       map[string]string
	ExpiresIn  *time.Duration
	IfVersion  *int
	Durability Durability
}

type ScanArgs struct {
	Prefix string
	Limit  int
}

// KVStore keeps entries in memory. An entry that expires does so at a time counted from 1970.
type KVStore struct {
	mutex   sync.Mutex // protects entries
	entries map[string]Entry
}

func NewKVStore() *KVStore {
	return &KVStore{entries: map[string]Entry{}}
}

func (s *KVStore) Get(key string, reply *Entry) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	entry, ok := s.entries[key]
	if !ok {
		return errors.New("no such key: " + key)
	}
	*reply = entry
	return nil
}

func (s *KVStore) Put(args PutArgs, reply *int) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	old := s.entries[args.Key]
	if args.IfVersion != nil && *args.IfVersion != old.Version {
		return fmt.Errorf("version is %d", old.Version)
	}
	entry := Entry{Key: args.Key, Value: args.Value, Version: old.Version + 1, Tags: args.Tags}
	if args.ExpiresIn != nil {
		expires := time.Unix(0, 0).UTC().Add(*args.ExpiresIn)
		entry.Expires = &expires
	}
	s.entries[args.Key] = entry
	*reply = entry.Version
	return nil
}

func (s *KVStore) Delete(key string, reply *struct{}) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if _, ok := s.entries[key]; !ok {
		return errors.New("no such key: " + key)
	}
	delete(s.entries, key)
	return nil
}

func (s *KVStore) Scan(args ScanArgs, reply *Page) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var keys []string
	for key := range s.entries {
		if strings.HasPrefix(key, args.Prefix) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	for _, key := range keys {
		if len(reply.Entries) == args.Limit {
			reply.NextKey = &key
			break
		}
		reply.Entries = append(reply.Entries, s.entries[key])
	}
	return nil
}

func (s *KVStore) GetMany(keys []string, reply *map[string]Entry) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, key := range keys {
		if entry, ok := s.entries[key]; ok {
			(*reply)[key] = entry
		}
	}
	return nil
}

// Stats counts by the part of the keys before the first slash.
func (s *KVStore) Stats(args struct{}, reply *Stats) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	reply.Children = map[string]Stats{}
	for key, entry := range s.entries {
		first, _, _ := strings.Cut(key, "/")
		child := reply.Children[first]
		child.Entries++
		child.Octets += len(entry.Value)
		reply.Children[first] = child
		reply.Entries++
		reply.Octets += len(entry.Value)
	}
	return nil
}
