# The pods that an object makes and their containers, each with the path that leads to it. A kind
# that nobody has heard of makes pods wherever it has a mapping with a list of containers.
package kubeguard.lib.pods

import data.kubeguard.lib.objects

# Written out: what refers to other rules is built anew for each object.
_known := {
	"v1": {
		"Pod": ["spec"],
		"PodTemplate": ["template", "spec"],
		"ReplicationController": ["spec", "template", "spec"],
	},
	"apps/v1": {
		"Deployment": ["spec", "template", "spec"],
		"StatefulSet": ["spec", "template", "spec"],
		"DaemonSet": ["spec", "template", "spec"],
		"ReplicaSet": ["spec", "template", "spec"],
	},
	"apps/v1beta1": {
		"Deployment": ["spec", "template", "spec"],
		"StatefulSet": ["spec", "template", "spec"],
		"DaemonSet": ["spec", "template", "spec"],
		"ReplicaSet": ["spec", "template", "spec"],
	},
	"apps/v1beta2": {
		"Deployment": ["spec", "template", "spec"],
		"StatefulSet": ["spec", "template", "spec"],
		"DaemonSet": ["spec", "template", "spec"],
		"ReplicaSet": ["spec", "template", "spec"],
	},
	"extensions/v1beta1": {
		"Deployment": ["spec", "template", "spec"],
		"StatefulSet": ["spec", "template", "spec"],
		"DaemonSet": ["spec", "template", "spec"],
		"ReplicaSet": ["spec", "template", "spec"],
	},
	"apps.openshift.io/v1": {
		"DeploymentConfig": ["spec", "template", "spec"],
	},
	"argoproj.io/v1alpha1": {
		"Rollout": ["spec", "template", "spec"],
	},
	"batch/v1": {
		"Job": ["spec", "template", "spec"],
		"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
	},
	"batch/v1beta1": {
		"Job": ["spec", "template", "spec"],
		"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
	},
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
	is_string(input.apiVersion)
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
	objects.of_group("serving.kserve.io/")
}

# The parts of an InferenceService are pod specs, also those without a list of containers.
_of_kserve := [{"path": ["spec", part], "spec": spec} |
	_inference
	some part in _kserve
	spec := input.spec[part]
	is_object(spec)
]

# Each container of any role: {"path", "role", "spec", "pod"}, where `pod` is the entry of `specs` it
# belongs to.
containers := array.concat(_listed, _serving)

_listed := [container |
	some pod in specs
	some key, role in _roles
	some index, spec in pod.spec[key]
	is_object(spec)
	container := {
		"path": array.concat(pod.path, [key, index]),
		"role": role,
		"spec": spec,
		"pod": pod,
	}
]

_roles := {
	"containers": "container",
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
}

_serving := [container |
	_inference
	some pod in specs
	some key, spec in pod.spec
	key in _models
	is_object(spec)
	container := {
		"path": array.concat(pod.path, [key]),
		"role": "model container",
		"spec": spec,
		"pod": pod,
	}
]

# How a message names a container: init container 'wait'.
called(container) := sprintf("%s '%s'", [_role(container), container.spec.name]) if {
	is_string(container.spec.name)
} else := "model container" if {
	container.role == "model container"
} else := concat(" ", ["unnamed", _role(container)])

_role(container) := "sidecar container" if {
	container.role == "init container"
	container.spec.restartPolicy == "Always"
} else := container.role

# Whether a container runs as long as its pod: it is regular, or a sidecar.
lasting(container) if container.role in {"container", "model container"}

lasting(container) if _role(container) == "sidecar container"

# The ports a container declares: {"path", "name", "number", "host"}; `host` is 0 without one.
ports(container) := [port |
	some index, spec in container.spec.ports
	is_object(spec)
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
