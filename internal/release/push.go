package release

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"
)

// Progress is how far a push is.
type Progress struct {
	Repository   string
	Layers, Done int   // of them
	Bytes, Sent  int64 // what was there already counts as sent
}

// uploads is how many layers are uploaded at the same time.
const uploads = 4

// push is one image on its way.
type push struct {
	registry   *Registry
	repository string
	tell       func(Progress)
	// from is where a layer was seen, so that it need not be sent again.
	from map[v1.Hash]string

	mu sync.Mutex
	at Progress
}

// layers brings the layers of an image to ECR, with its config. What is there is
// not sent again, so that another run goes on where this one ended.
func (p *push) layers(ctx context.Context, image v1.Image) error {
	parts, err := p.parts(image)
	if err != nil {
		return err
	}
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(uploads)
	for digest, l := range parts {
		g.Go(func() error { return p.layer(inner, digest, l) })
	}
	if err := g.Wait(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return err
	}
	for digest := range parts {
		p.from[digest] = p.repository
	}
	return nil
}

// parts are the layers of an image and its config, each once, and counted.
func (p *push) parts(image v1.Image) (map[v1.Hash]v1.Layer, error) {
	layers, err := image.Layers()
	if err != nil {
		return nil, err
	}
	config, err := partial.ConfigLayer(image)
	if err != nil {
		return nil, err
	}
	parts := map[v1.Hash]v1.Layer{}
	p.at = Progress{Repository: p.repository}
	for _, l := range append(layers, config) {
		digest, err := l.Digest()
		if err != nil {
			return nil, err
		}
		if _, twice := parts[digest]; twice {
			continue
		}
		size, err := l.Size()
		if err != nil {
			return nil, err
		}
		parts[digest] = l
		p.at.Layers, p.at.Bytes = p.at.Layers+1, p.at.Bytes+size
	}
	return parts, nil
}

func (p *push) layer(ctx context.Context, digest v1.Hash, l v1.Layer) error {
	size, err := l.Size()
	if err != nil {
		return err
	}
	counted := &counted{Layer: l, on: p.sent}
	var sent v1.Layer = counted
	if other, ok := p.from[digest]; ok && other != p.repository {
		sent = &remote.MountableLayer{Layer: counted, Reference: p.registry.host.Repo(other).Digest(digest.String())}
	}
	err = p.registry.again(ctx, "pushing a layer of "+p.repository, func() error {
		counted.reset()
		return p.registry.pusher.Upload(ctx, p.registry.host.Repo(p.repository), sent)
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at.Done++
	p.at.Sent += size - counted.count.Load()
	p.tell(p.at)
	return nil
}

// sent counts, or takes back what has to be sent again.
func (p *push) sent(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at.Done == p.at.Layers {
		return // the HTTP client reads on for a moment when it has its answer already
	}
	p.at.Sent += n
	p.tell(p.at)
}

// tag gives an image that is there a tag. Two who do so at once are no matter
// where both mean the same image.
func (r *Registry) tag(ctx context.Context, repository, tag string, image v1.Image, want v1.Platform) error {
	err := r.again(ctx, "tagging "+repository, func() error {
		return r.pusher.Put(ctx, r.reference(repository, tag), image)
	})
	if !says(err, transport.TagInvalidErrorCode) {
		return err
	}
	has, findErr := r.image(ctx, repository, tag, want)
	if findErr != nil {
		return err
	}
	return same(repository, tag, has, image)
}

// same is a TagTaken if two images are not the same.
func same(repository, tag string, has, want v1.Image) error {
	a, err := has.Digest()
	if err != nil {
		return err
	}
	b, err := want.Digest()
	if err != nil || a == b {
		return err
	}
	return &TagTaken{Repository: repository, Tag: tag, Has: a.String(), Want: b.String()}
}

// counted is a layer that tells how much of it is read.
type counted struct {
	v1.Layer
	on    func(int64)
	count atomic.Int64
}

func (c *counted) reset() {
	if n := c.count.Swap(0); n != 0 {
		c.on(-n)
	}
}

func (c *counted) Compressed() (io.ReadCloser, error) {
	in, err := c.Layer.Compressed()
	if err != nil {
		return nil, err
	}
	c.reset() // the HTTP client reads it anew where it sends it again
	return &counting{in, c}, nil
}

// Descriptor and Exists are looked for by the library, beyond the interface.
func (c *counted) Descriptor() (*v1.Descriptor, error) { return partial.Descriptor(c.Layer) }

func (c *counted) Exists() (bool, error) { return partial.Exists(c.Layer) }

type counting struct {
	io.ReadCloser
	of *counted
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.of.count.Add(int64(n))
	c.of.on(int64(n))
	return n, err
}
