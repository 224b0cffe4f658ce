// A shop to look into with a debugger: cashiers wait for orders and price them.
package main

import (
	"fmt"
	"time"
)

type Order struct {
	Number   int
	Customer string
	Prices   []float64
}

func price(order Order, discount float64) float64 {
	sum := 0.0
	for _, each := range order.Prices {
		sum += each
	}
	total := sum * (1 - discount)
	return total
}

func cashier(orders <-chan Order, totals chan<- float64) {
	for order := range orders {
		totals <- price(order, 0.25)
	}
}

func main() {
	orders, totals := make(chan Order), make(chan float64)
	for range 3 {
		go cashier(orders, totals)
	}
	customers := []string{"Ada", "Grace", "Hedy"}
	takings := 0.0
	// For half a minute at most, should nobody stop it.
	for number := 1; number <= 3000; number++ {
		prices := []float64{float64(number), 10, 0.5}
		orders <- Order{number, customers[number%len(customers)], prices}
		takings += <-totals
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println("takings:", takings)
}
