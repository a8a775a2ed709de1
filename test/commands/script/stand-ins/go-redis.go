// Package redis stands in for github.com/redis/go-redis/v9 where Go is on the machine and go-redis is not: what the example
// calls, with go-redis' signatures and types of replies, over a real connection.
package redis

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Options holds what ParseURL has found.
type Options struct{ Addr string }

// ParseURL reads redis://host:port.
func ParseURL(text string) (*Options, error) {
	parsed, err := url.Parse(text)
	if err != nil {
		return nil, err
	}
	return &Options{Addr: parsed.Host}, nil
}

// Client connects at each command.
type Client struct{ addr string }

// NewClient does not connect yet, like go-redis' own.
func NewClient(options *Options) *Client { return &Client{options.Addr} }

// Cmd is a reply of any type: int64, string or []interface{}.
type Cmd struct {
	val interface{}
	err error
}

// Slice is the reply as an array.
func (cmd *Cmd) Slice() ([]interface{}, error) {
	if cmd.err != nil {
		return nil, cmd.err
	}
	slice, ok := cmd.val.([]interface{})
	if !ok {
		return nil, fmt.Errorf("redis: unexpected type=%T for Slice", cmd.val)
	}
	return slice, nil
}

// IntCmd is the reply to a command that answers a number.
type IntCmd struct{ Cmd }

// Err tells whether the command failed.
func (cmd *IntCmd) Err() error { return cmd.err }

// LPush pushes at the left.
func (c *Client) LPush(ctx context.Context, key string, values ...interface{}) *IntCmd {
	return &IntCmd{*c.do(append([]interface{}{"LPUSH", key}, values...))}
}

// Script is run by its SHA1.
type Script struct{ source, hash string }

// NewScript computes the SHA1.
func NewScript(source string) *Script {
	sum := sha1.Sum([]byte(source))
	return &Script{source, hex.EncodeToString(sum[:])}
}

// Run sends the source when the server does not know the SHA1.
func (s *Script) Run(ctx context.Context, c *Client, keys []string, args ...interface{}) *Cmd {
	words := []interface{}{len(keys)}
	for _, key := range keys {
		words = append(words, key)
	}
	words = append(words, args...)
	cmd := c.do(append([]interface{}{"EVALSHA", s.hash}, words...))
	if cmd.err != nil && strings.HasPrefix(cmd.err.Error(), "NOSCRIPT") {
		return c.do(append([]interface{}{"EVAL", s.source}, words...))
	}
	return cmd
}

func (c *Client) do(words []interface{}) *Cmd {
	conn, err := net.Dial("tcp", c.addr)
	if err != nil {
		return &Cmd{err: err}
	}
	defer conn.Close()
	request := fmt.Sprintf("*%d\r\n", len(words))
	for _, word := range words {
		text := fmt.Sprint(word)
		request += fmt.Sprintf("$%d\r\n%s\r\n", len(text), text)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return &Cmd{err: err}
	}
	val, err := read(bufio.NewReader(conn))
	return &Cmd{val, err}
}

func read(in *bufio.Reader) (interface{}, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	switch kind {
	case '-':
		return nil, errors.New(rest)
	case '+':
		return rest, nil
	}
	count, err := strconv.ParseInt(rest, 10, 64)
	if err != nil || kind == ':' {
		return count, err
	}
	if kind == '$' {
		data := make([]byte, count+2)
		_, err := io.ReadFull(in, data)
		return string(data[:count]), err
	}
	items := make([]interface{}, count)
	for i := range items {
		if items[i], err = read(in); err != nil {
			return nil, err
		}
	}
	return items, nil
}
