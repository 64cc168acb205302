# The environment of containers, as far as it is written in the object.
package kubeguard.lib.env

import data.kubeguard.lib.pods

# Each variable with a literal value: {"container", "name", "value", "path"}.
literals := [variable |
	some container in pods.containers
	some index, entry in container.spec.env
	is_string(entry.name)
	variable := {
		"container": container,
		"name": entry.name,
		"value": _literal(entry),
		"path": array.concat(container.path, ["env", index, "value"]),
	}
]

# Without value and valueFrom a variable is set, to "".
_literal(entry) := entry.value if is_string(entry.value)

else := "" if {
	object.get(entry, "value", null) == null
	not entry.valueFrom
}

# The values of a container's variables by name, the last one where a name is given twice.
values(container) := {name: value |
	some index, entry in container.spec.env
	name := entry.name
	is_string(name)
	not _again(container, name, index)
	value := _literal(entry)
}

_again(container, name, index) if {
	some later, entry in container.spec.env
	later > index
	entry.name == name
}

# Whether a container has a variable at all, with a value that is written elsewhere or not empty.
has(container, names) if {
	some entry in container.spec.env
	entry.name in names
	not _empty(entry)
}

_empty(entry) if _literal(entry) == ""

# Whether variables may come from elsewhere: a whole Secret or ConfigMap.
open_ended(container) if {
	some source in container.spec.envFrom
	is_object(source)
}

# What the program reads as yes.
truthy(value) if lower(value) in {"1", "true", "yes", "on", "y", "t"}

falsy(value) if lower(value) in {"0", "false", "no", "off", "n", "f"}
