# The pods that an object makes and their containers, each with the path that leads to it. A kind
# that nobody has heard of makes pods wherever it has a mapping with a list of containers.
package kubeguard.lib.pods

_template := ["spec", "template", "spec"]

_known := {
	"v1": {"Pod": ["spec"], "PodTemplate": ["template", "spec"], "ReplicationController": _template},
	"apps/v1": _apps,
	"apps/v1beta1": _apps,
	"apps/v1beta2": _apps,
	"extensions/v1beta1": _apps,
	"apps.openshift.io/v1": {"DeploymentConfig": _template},
	"argoproj.io/v1alpha1": {"Rollout": _template},
	"batch/v1": _batch,
	"batch/v1beta1": _batch,
}

_apps := {
	"Deployment": _template,
	"StatefulSet": _template,
	"DaemonSet": _template,
	"ReplicaSet": _template,
}

_batch := {
	"Job": _template,
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

# Groups whose objects describe pods (patterns, schemas, mutations) but run none.
_descriptive := ["kyverno.io", "gatekeeper.sh"]

_kserve := ["predictor", "transformer", "explainer"]

# How KServe calls the container that loads the model, by its format in older manifests.
_models := {
	"model",
	"huggingface",
	"lightgbm",
	"onnx",
	"paddle",
	"pmml",
	"pytorch",
	"sklearn",
	"tensorflow",
	"triton",
	"xgboost",
}

# Each pod spec of the object: {"path", "spec"}.
specs := found if {
	path := _known[input.apiVersion][input.kind]
	found := [{"path": path, "spec": spec} |
		spec := object.get(input, path, null)
		is_object(spec)
	]
} else := found if {
	_custom
	found := array.concat(_shaped, _of_kserve)
} else := []

# A resource of somebody else's: all groups of Kubernetes itself have no dot or end in .k8s.io.
_custom if {
	group := split(input.apiVersion, "/")[0]
	contains(group, ".")
	not endswith(group, ".k8s.io")
	not _describes(group)
}

_describes(group) if {
	some suffix in _descriptive
	endswith(group, suffix)
}

_shaped := [{"path": array.concat([key], below), "spec": value} |
	some key, part in input
	not key in {"metadata", "status"}
	walk(part, [below, value])
	_is_pod(value)
	not _is_kserve(key, below)
]

_is_pod(value) if {
	is_array(value.containers)
	some container in value.containers
	container.image
}

_is_pod(value) if {
	is_array(value.containers)
	some container in value.containers
	container.name
}

_is_kserve(key, below) if {
	count(below) == 1
	key == "spec"
	_inference
	below[0] in _kserve
}

_inference if {
	input.kind == "InferenceService"
	startswith(input.apiVersion, "serving.kserve.io/")
}

# The parts of an InferenceService are pod specs, also those without a list of containers.
_of_kserve := [{"path": ["spec", part], "spec": spec} |
	_inference
	some part in _kserve
	spec := input.spec[part]
	is_object(spec)
]

# Each container of any role: {"path", "role", "name", "called", "spec", "pod"}, where `called` is
# how messages name it and `pod` the entry of `specs` it belongs to.
containers := [container |
	some pod in specs
	some container in array.concat(_listed(pod), _serving(pod))
]

_listed(pod) := [_container(pod, [key, index], _role(key, spec), spec) |
	some key in ["containers", "initContainers", "ephemeralContainers"]
	some index, spec in pod.spec[key]
	is_object(spec)
]

_serving(pod) := [_container(pod, [key], "model container", spec) |
	_inference
	some key, spec in pod.spec
	key in _models
	is_object(spec)
]

_container(pod, steps, role, spec) := {
	"path": array.concat(pod.path, steps),
	"role": role,
	"name": _name(spec),
	"called": _called(role, spec),
	"spec": spec,
	"pod": pod,
}

_name(spec) := spec.name if is_string(spec.name)

else := ""

_called(role, spec) := sprintf("%s '%s'", [role, spec.name]) if is_string(spec.name)

else := role if role == "model container"

else := concat(" ", ["unnamed", role])

_role("containers", _) := "container"

_role("ephemeralContainers", _) := "ephemeral container"

_role("initContainers", spec) := "sidecar container" if {
	spec.restartPolicy == "Always"
} else := "init container"

# The ports a container declares: {"path", "name", "number", "host"}; `host` is 0 without one.
ports(container) := [port |
	some index, spec in container.spec.ports
	port := {
		"path": array.concat(container.path, ["ports", index]),
		"name": object.get(spec, "name", ""),
		"number": object.get(spec, "containerPort", 0),
		"host": object.get(spec, "hostPort", 0),
	}
]

# The volumes that a container mounts: {"path", "at", "read_only", "volume", "volume_path"}.
mounts(container) := [mount |
	some index, spec in container.spec.volumeMounts
	is_string(spec.mountPath)
	some position, volume in container.pod.spec.volumes
	volume.name == spec.name
	mount := {
		"path": array.concat(container.path, ["volumeMounts", index]),
		"at": trim_right(spec.mountPath, "/"),
		"read_only": object.get(spec, "readOnly", false) == true,
		"volume": volume,
		"volume_path": array.concat(container.pod.path, ["volumes", position]),
	}
]
