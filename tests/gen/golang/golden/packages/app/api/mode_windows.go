package api

type Mode string
