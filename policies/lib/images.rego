# An image reference, taken apart (distribution/reference grammar).
package kubeguard.lib.images

# {"registry", "repository", "name", "tag", "digest"}; registry and repository are completed as
# Docker completes them, `name` is the last segment, and what is missing is "".
parse(text) := {
	"registry": registry,
	"repository": repository,
	"name": name,
	"tag": tag,
	"digest": digest,
} if {
	is_string(text)
	[reference, digest] := _cut(text, "@")
	segments := split(reference, "/")
	[name, tag] := _cut(segments[count(segments) - 1], ":")
	path := array.concat(array.slice(segments, 0, count(segments) - 1), [name])
	registry := _registry(path)
	repository := _repository(path, registry)
}

_cut(text, separator) := [before, after] if {
	at := indexof(text, separator)
	at >= 0
	before := substring(text, 0, at)
	after := substring(text, at + 1, -1)
} else := [text, ""]

_registry(path) := path[0] if {
	count(path) > 1
	_is_host(path[0])
} else := "docker.io"

_repository(path, registry) := concat("/", array.slice(path, 1, count(path))) if {
	path[0] == registry
	count(path) > 1
} else := concat("/", ["library", path[0]]) if {
	count(path) == 1
} else := concat("/", path)

_is_host(segment) if contains(segment, ".")

_is_host(segment) if contains(segment, ":")

_is_host("localhost")
