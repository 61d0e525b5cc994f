// C2SP's Wycheproof test vectors (Apache-2.0). Read, never built: `go mod download` brings the files, tests find the folder by
// `go list -m -f '{{.Dir}}' github.com/c2sp/wycheproof`.
module samrum/vectors/wycheproof

go 1.26.4

require github.com/c2sp/wycheproof v0.0.0-20260902155932-3fa63dd0344a
