// Receives webhooks: verifies each request, handles each event once, and answers.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// The largest body: 256 KiB of data and the fields around it.
const maxBodyBytes = 300_000

type event struct {
	ID   string          `json:"id"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// In your service a table with a unique key: an event may arrive twice, also after a restart.
var handled sync.Map

func receive(webhook *standardwebhooks.Webhook) http.HandlerFunc {
	return func(response http.ResponseWriter, request *http.Request) {
		// The signature covers these bytes. Verify them before anything parses or changes them.
		body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBodyBytes))
		if err != nil {
			response.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		if err := webhook.Verify(body, request.Header); err != nil {
			fmt.Println("refused:", err)
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		var received event
		if err := json.Unmarshal(body, &received); err != nil {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, isRepeat := handled.LoadOrStore(request.Header.Get("webhook-id"), true); !isRepeat {
			// Your work. If it takes more than a second, put it on a queue: Grapnel waits for the answer.
			fmt.Println(received.Type, received.ID, string(received.Data))
		}
		response.WriteHeader(http.StatusNoContent)
	}
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("GRAPNEL_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "8000"
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://127.0.0.1:%s/\n", port)
	log.Fatal(http.Serve(listener, receive(webhook)))
}
