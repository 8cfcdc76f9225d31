// mcp-go: `main server TRANSPORT` and `main client TASK`, as test/slow/languages/README.md says.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func echo(_ context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	return mcp.NewToolResultText(request.GetString("message", "")), nil
}

func fail(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	return mcp.NewToolResultError("it fails"), nil
}

func slow(ctx context.Context, request mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	for step := 1; step <= 2; step++ {
		if meta := request.Params.Meta; meta != nil && meta.ProgressToken != nil {
			err := server.ServerFromContext(ctx).SendNotificationToClient(ctx, "notifications/progress", map[string]any{
				"progressToken": meta.ProgressToken, "progress": step, "total": 2,
			})
			if err != nil {
				return nil, err
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return mcp.NewToolResultText("done"), nil
}

func serve(transport string) error {
	tools := server.NewMCPServer("mcp-go-server", "1.0.0")
	tools.AddTool(mcp.NewTool("echo", mcp.WithString("message")), echo)
	tools.AddTool(mcp.NewTool("fail"), fail)
	tools.AddTool(mcp.NewTool("slow"), slow)
	if transport == "stdio" {
		return server.ServeStdio(tools)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var handler http.Handler
	switch transport {
	case "sse":
		handler = server.NewSSEServer(tools)
	case "sse-absolute":
		// Its endpoint event then names the server itself, which a client that came through a proxy refuses.
		handler = server.NewSSEServer(tools, server.WithBaseURL("http://"+listener.Addr().String()))
	default:
		handler = server.NewStreamableHTTPServer(tools, server.WithStateLess(transport == "http-stateless"))
	}
	fmt.Fprintf(os.Stderr, "listening on port %d\n", listener.Addr().(*net.TCPAddr).Port)
	return http.Serve(listener, handler)
}

type task struct {
	Transport string   `json:"transport"`
	URL       string   `json:"url"`
	Command   []string `json:"command"`
	Calls     []struct {
		Name      string         `json:"name"`
		Arguments map[string]any `json:"arguments"`
	} `json:"calls"`
}

type call struct {
	Tool     string    `json:"tool"`
	IsError  bool      `json:"isError"`
	Text     string    `json:"text"`
	Progress []float64 `json:"progress"`
	Ms       float64   `json:"ms"`
}

type report struct {
	Server string   `json:"server"`
	Tools  []string `json:"tools"`
	Calls  []call   `json:"calls"`
}

func (t task) connect() (*client.Client, error) {
	switch t.Transport {
	case "stdio":
		return client.NewStdioMCPClient(t.Command[0], nil, t.Command[1:]...)
	case "sse":
		return client.NewSSEMCPClient(t.URL)
	default:
		return client.NewStreamableHttpClient(t.URL)
	}
}

func speak(words string) error {
	var todo task
	if err := json.Unmarshal([]byte(words), &todo); err != nil {
		return err
	}
	ctx := context.Background()
	peer, err := todo.connect()
	if err != nil {
		return err
	}
	var lock sync.Mutex
	progress := []float64{}
	peer.OnNotification(func(notification mcp.JSONRPCNotification) {
		if step, known := notification.Params.AdditionalFields["progress"].(float64); known {
			lock.Lock()
			defer lock.Unlock()
			progress = append(progress, step)
		}
	})
	// A stdio client has started its transport already, but does not listen to it yet.
	if err := peer.Start(ctx); err != nil {
		return err
	}
	begin := mcp.InitializeRequest{}
	begin.Params.ClientInfo = mcp.Implementation{Name: "mcp-go-client", Version: "1.0.0"}
	begun, err := peer.Initialize(ctx, begin)
	if err != nil {
		return err
	}
	offered, err := peer.ListTools(ctx, mcp.ListToolsRequest{})
	if err != nil {
		return err
	}
	said := report{Server: begun.ServerInfo.Name}
	for _, tool := range offered.Tools {
		said.Tools = append(said.Tools, tool.Name)
	}
	for index, each := range todo.Calls {
		request := mcp.CallToolRequest{}
		request.Params.Name = each.Name
		request.Params.Arguments = each.Arguments
		request.Params.Meta = &mcp.Meta{ProgressToken: fmt.Sprintf("call-%d", index)}
		since := time.Now()
		result, err := peer.CallTool(ctx, request)
		if err != nil {
			return err
		}
		took := time.Since(since)
		lock.Lock()
		said.Calls = append(said.Calls, call{
			Tool: each.Name, IsError: result.IsError, Text: mcp.GetTextFromContent(result.Content[0]),
			Progress: progress, Ms: float64(took.Microseconds()) / 1000,
		})
		progress = []float64{}
		lock.Unlock()
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		return err
	}
	if _, err := io.ReadAll(os.Stdin); err != nil {
		return err
	}
	return peer.Close()
}

func main() {
	log.SetFlags(0)
	run := map[string]func(string) error{"server": serve, "client": speak}[os.Args[1]]
	if err := run(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
