package play

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// guard keeps other sites out. A page of another site may make the visitor's browser send requests here; they are known by
// what the browser says about where they come from. And a site may let its own name point to this machine (DNS
// rebinding), so that the browser takes it for one site with this server; such requests call the server by that name.
func (s *Server) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(refuseOrigin))
	next = crossOrigin.Handler(next) // POST and DELETE
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		switch {
		case !s.known(r.Host):
			fail(w, refuse(http.StatusForbidden, "", "this server does not answer to the name %.80q; open it as http://localhost", r.Host))
		case foreign(r):
			refuseOrigin(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func refuseOrigin(w http.ResponseWriter, _ *http.Request) {
	fail(w, refuse(http.StatusForbidden, "", "requests from other sites are refused"))
}

// known reports whether a Host header names this server.
func (s *Server) known(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(name), "["), "]")
	if name == "localhost" {
		return true
	}
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback() || s.opt.Public // an address cannot be rebound
	}
	return s.opt.Public && slices.ContainsFunc(s.opt.Hosts, func(h string) bool { return strings.EqualFold(h, name) })
}

// foreign reports whether a request that only reads, which CrossOriginProtection lets pass, was made by the page of another
// site. Following a link to the page itself is fine.
func foreign(r *http.Request) bool {
	if !strings.HasPrefix(r.URL.Path, "/api/") && !strings.HasPrefix(r.URL.Path, "/v1/") && !strings.HasPrefix(r.URL.Path, "/report/") {
		return false
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site != "same-origin" && site != "none"
	}
	origin := r.Header.Get("Origin")
	return origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
}
