package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// policy lets a page load only what this server serves.
const policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// Guard refuses requests from other sites.
//
// A page of another site can make a visitor's browser send requests to this server; the browser
// states their origin. A site can also make its own name point to this machine (DNS rebinding), so
// that the browser treats both as the same site; such requests address the server by that name.
type Guard struct {
	Desk   *Desk
	Public bool     // accept any IP address and Hosts, not only this machine's own names
	Hosts  []string // further names of this server
}

// Wrap returns a handler that passes only the requests of this site to next.
func (g Guard) Wrap(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(g.refuse))
	next = crossOrigin.Handler(next) // POST and DELETE
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		// Files of the page have only this deadline; answers and events set a later one.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(g.Desk.limits.WriteTime))
		switch {
		case !g.known(r.Host):
			g.Desk.Fail(w, Refuse(http.StatusForbidden, "",
				"%.80q is not a name of this server; open it as http://localhost", r.Host))
		case foreign(r):
			g.refuse(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (g Guard) refuse(w http.ResponseWriter, _ *http.Request) {
	g.Desk.Fail(w, Refuse(http.StatusForbidden, "", "requests from other sites are refused"))
}

// known reports whether a Host header names this server.
func (g Guard) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(name), "["), "]")
	if name == "localhost" {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback() || g.Public // DNS rebinding does not affect addresses
	}
	return g.Public && slices.ContainsFunc(g.Hosts,
		func(h string) bool { return strings.EqualFold(h, name) })
}

// foreign reports whether a read-only request, which CrossOriginProtection allows, comes from a
// page of another site. Following a link to the page itself is allowed.
func foreign(r *http.Request) bool {
	if !slices.ContainsFunc([]string{"/api/", "/v1/", "/report/"}, func(prefix string) bool {
		return strings.HasPrefix(r.URL.Path, prefix)
	}) {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin" && site != "none"
	}
	origin := r.Header.Get("Origin")
	return origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
}
