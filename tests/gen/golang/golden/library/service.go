package library

import (
	"errors"
	"math/big"
	"net"
	"net/netip"
	"net/rpc"
	"net/url"
	"reflect"
	"time"

	"golden/check"
)

type Times struct {
	At      time.Time
	Maybe   *time.Time
	Took    time.Duration
	Month   time.Month
	Weekday time.Weekday
}

type Numbers struct {
	Int *big.Int
	Rat *big.Rat
}

type Addresses struct {
	IP     net.IP
	Net    net.IPNet
	MAC    net.HardwareAddr
	Addr   netip.Addr
	Values url.Values
	Peer   net.TCPAddr
}

type URLs struct{ URL *url.URL }

type Service struct{}

func (s *Service) Times(args Times, reply *Times) error              { *reply = args; return nil }
func (s *Service) Numbers(args Numbers, reply *Numbers) error        { *reply = args; return nil }
func (s *Service) Addresses(args Addresses, reply *Addresses) error  { *reply = args; return nil }
func (s *Service) URLs(args URLs, reply *URLs) error                 { *reply = args; return nil }
func (s *Service) Kind(args reflect.Kind, reply *reflect.Kind) error { *reply = args; return nil }

func Register(server *rpc.Server) error { return server.Register(&Service{}) }

func Call(client *rpc.Client) error {
	at := time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)
	mask := net.CIDRMask(8, 32)
	var numbers Numbers
	if err := client.Call("Service.Numbers", Numbers{big.NewInt(1 << 40), big.NewRat(2, 3)}, &numbers); err != nil {
		return err
	}
	if numbers.Int.Int64() != 1<<40 || numbers.Rat.String() != "2/3" {
		return errors.New("other numbers came back")
	}
	return check.First(
		check.Echo(client, "Service.Times", Times{at, &at, time.Second, time.May, time.Friday}),
		check.Echo(client, "Service.Addresses", Addresses{
			net.IP{10, 0, 0, 1}.To16(), net.IPNet{IP: net.IP{10, 0, 0, 0}.To16(), Mask: mask}, nil,
			netip.MustParseAddr("::1"), url.Values{"a": {"b"}},
			net.TCPAddr{IP: net.IP{10, 0, 0, 2}.To16(), Port: 80},
		}),
		check.Echo(client, "Service.Kind", reflect.Map),
	)
}

// CallGob calls what JSON has no form for.
func CallGob(client *rpc.Client) error {
	return check.Echo(client, "Service.URLs", URLs{&url.URL{Scheme: "http", Host: "a", Path: "/b"}})
}
