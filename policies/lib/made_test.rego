# Objects for the tests of policies.
package kubeguard.lib.made_test

# A Pod whose only container is called `c`.
pod(container) := with_spec({}, container)

with_spec(spec, container) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web"},
	"spec": object.union(spec, {"containers": [object.union({"name": "c"}, container)]}),
}

runs(image, args) := pod({"image": image, "args": args})

script(text) := pod({"image": "registry.example/ours:1", "command": ["sh", "-c", text]})

variable(name, value) := pod({"env": [{"name": name, "value": value}]})

of(path, kind, spec) := {
	"apiVersion": path,
	"kind": kind,
	"metadata": {"name": "web"},
	"spec": spec,
}
