# The object itself.
package kubeguard.lib.objects

# How a message names it: Deployment "web", also when its name is made up later.
called := sprintf("%s %q", [input.kind, input.metadata.name]) if {
	is_string(input.metadata.name)
} else := sprintf("%s %q", [input.kind, input.metadata.generateName]) if {
	is_string(input.metadata.generateName)
} else := sprintf("unnamed %v", [object.get(input, "kind", "object")])

# Whether the object is of an API group, given with the slash behind it: `ray.io/`.
of_group(group) if {
	is_string(input.apiVersion)
	startswith(input.apiVersion, group)
}
