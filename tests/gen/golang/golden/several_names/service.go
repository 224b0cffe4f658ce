package several_names

import (
	"net/rpc"

	"golden/check"
)

// Store is served by two names.
type Store struct{}

func (*Store) Get(args string, reply *string) error { *reply = args; return nil }

// Admin is called like another.
type Admin struct{}

func (*Admin) Reset(args bool, reply *bool) error { *reply = args; return nil }

func Register(server *rpc.Server) error {
	store := new(Store)
	if err := server.RegisterName("StoreV1", store); err != nil {
		return err
	}
	return server.RegisterName("StoreV2", store)
}

// RegisterAdmin is for another server.
func RegisterAdmin(server *rpc.Server) error { return server.RegisterName("StoreV1", new(Admin)) }

func Call(client *rpc.Client) error {
	return check.Echo(client, "StoreV1.Get", "a")
}
