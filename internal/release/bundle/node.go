package bundle

import (
	"iter"

	"go.yaml.in/yaml/v4"
)

// deepest is how far merges and aliases are followed; a cycle ends there.
const deepest = 16

// resolve is what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	for range deepest {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// entries are a mapping's own keys and values; other nodes have none.
func entries(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(*yaml.Node, *yaml.Node) bool) {
		if n = resolve(n); n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if !yield(n.Content[i], resolve(n.Content[i+1])) {
				return
			}
		}
	}
}

// get is a key's value, its own or a merged one.
func get(n *yaml.Node, key string) *yaml.Node { return find(n, key, deepest) }

func find(n *yaml.Node, key string, depth int) *yaml.Node {
	if depth == 0 {
		return nil
	}
	var merged *yaml.Node
	for k, v := range entries(n) {
		switch k.Value {
		case key:
			return v
		case "<<":
			merged = v
		}
	}
	for _, m := range list(merged) {
		if v := find(m, key, depth-1); v != nil {
			return v
		}
	}
	return nil
}

// set gives a mapping a value of its own.
func set(n *yaml.Node, key string, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, scalar(key), value)
}

// list is a sequence's nodes; another node is a list of itself.
func list(n *yaml.Node) []*yaml.Node {
	if n = resolve(n); n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return []*yaml.Node{n}
	}
	all := make([]*yaml.Node, 0, len(n.Content))
	for _, one := range n.Content {
		if one = resolve(one); one != nil {
			all = append(all, one)
		}
	}
	return all
}

func valueOf(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(text)
	return n
}

func sequence(nodes []*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: nodes}
}
