// The official Go SDK: `main server TRANSPORT` and `main client TASK`, as test/slow/languages/README.md says.
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
	"os/exec"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type echoArguments struct {
	Message string `json:"message"`
}

func text(words string) *mcp.CallToolResult {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: words}}}
}

func echo(_ context.Context, _ *mcp.CallToolRequest, arguments echoArguments) (*mcp.CallToolResult, any, error) {
	return text(arguments.Message), nil, nil
}

func fail(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
	result := text("it fails")
	result.IsError = true
	return result, nil, nil
}

func slow(ctx context.Context, request *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
	for step := 1; step <= 2; step++ {
		if token := request.Params.GetProgressToken(); token != nil {
			err := request.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Progress: float64(step), Total: 2,
			})
			if err != nil {
				return nil, nil, err
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	return text("done"), nil, nil
}

func serve(transport string) error {
	server := mcp.NewServer(&mcp.Implementation{Name: "go-sdk-server", Version: "1.0.0"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo"}, echo)
	mcp.AddTool(server, &mcp.Tool{Name: "fail"}, fail)
	mcp.AddTool(server, &mcp.Tool{Name: "slow"}, slow)
	give := func(*http.Request) *mcp.Server { return server }
	var handler http.Handler
	switch transport {
	case "stdio":
		return server.Run(context.Background(), &mcp.StdioTransport{})
	case "sse":
		handler = mcp.NewSSEHandler(give, nil)
	default:
		handler = mcp.NewStreamableHTTPHandler(give, &mcp.StreamableHTTPOptions{Stateless: transport == "http-stateless"})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
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

func (t task) connect() mcp.Transport {
	switch t.Transport {
	case "stdio":
		return &mcp.CommandTransport{Command: exec.Command(t.Command[0], t.Command[1:]...)}
	case "sse":
		return &mcp.SSEClientTransport{Endpoint: t.URL}
	default:
		return &mcp.StreamableClientTransport{Endpoint: t.URL}
	}
}

func speak(words string) error {
	var todo task
	if err := json.Unmarshal([]byte(words), &todo); err != nil {
		return err
	}
	ctx := context.Background()
	var lock sync.Mutex
	progress := []float64{}
	client := mcp.NewClient(&mcp.Implementation{Name: "go-sdk-client", Version: "1.0.0"}, &mcp.ClientOptions{
		ProgressNotificationHandler: func(_ context.Context, request *mcp.ProgressNotificationClientRequest) {
			lock.Lock()
			defer lock.Unlock()
			progress = append(progress, request.Params.Progress)
		},
	})
	session, err := client.Connect(ctx, todo.connect(), nil)
	if err != nil {
		return err
	}
	offered, err := session.ListTools(ctx, nil)
	if err != nil {
		return err
	}
	said := report{Server: session.InitializeResult().ServerInfo.Name}
	for _, tool := range offered.Tools {
		said.Tools = append(said.Tools, tool.Name)
	}
	for index, each := range todo.Calls {
		params := &mcp.CallToolParams{Name: each.Name, Arguments: each.Arguments}
		params.SetProgressToken(fmt.Sprintf("call-%d", index))
		since := time.Now()
		result, err := session.CallTool(ctx, params)
		if err != nil {
			return err
		}
		took := time.Since(since)
		lock.Lock()
		said.Calls = append(said.Calls, call{
			Tool: each.Name, IsError: result.IsError, Text: result.Content[0].(*mcp.TextContent).Text,
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
	return session.Close()
}

func main() {
	log.SetFlags(0)
	run := map[string]func(string) error{"server": serve, "client": speak}[os.Args[1]]
	if err := run(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}
