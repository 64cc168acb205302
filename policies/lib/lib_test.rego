package kubeguard.lib_test

import data.kubeguard.lib.commands
import data.kubeguard.lib.env
import data.kubeguard.lib.images
import data.kubeguard.lib.made_test as made
import data.kubeguard.lib.objects
import data.kubeguard.lib.pods

_pod := {"containers": [{"name": "a", "image": "x"}]}

test_pods_of_built_in_kinds[kind] if {
	some kind, object in {
		"Pod": made.of("v1", "Pod", _pod),
		"Deployment": made.of("apps/v1", "Deployment", {"template": {"spec": _pod}}),
		"CronJob": made.of("batch/v1", "CronJob", {"jobTemplate": {"spec": {"template": {"spec": _pod}}}}),
		"PodTemplate": {"apiVersion": "v1", "kind": "PodTemplate", "template": {"spec": _pod}},
	}
	[each.spec | some each in pods.specs] == [_pod] with input as object
}

test_pods_of_other_kinds[kind] if {
	some kind, case in {
		"RayCluster": {
			"object": made.of("ray.io/v1", "RayCluster", {"workerGroupSpecs": [{"template": {"spec": _pod}}]}),
			"path": ["spec", "workerGroupSpecs", 0, "template", "spec"],
		},
		"PyTorchJob": {
			"object": made.of("kubeflow.org/v1", "PyTorchJob", {"pytorchReplicaSpecs": {"Master": {"template": {"spec": _pod}}}}),
			"path": ["spec", "pytorchReplicaSpecs", "Master", "template", "spec"],
		},
		"Service": {
			"object": made.of("serving.knative.dev/v1", "Service", {"template": {"spec": _pod}}),
			"path": ["spec", "template", "spec"],
		},
		"ServingRuntime": {
			"object": made.of("serving.kserve.io/v1alpha1", "ServingRuntime", _pod),
			"path": ["spec"],
		},
		"InferenceService": {
			"object": made.of("serving.kserve.io/v1beta1", "InferenceService", {"predictor": _pod}),
			"path": ["spec", "predictor"],
		},
	}
	pods.specs == [{"path": case.path, "spec": _pod}] with input as case.object
}

test_no_pods[kind] if {
	some kind, object in {
		"ConfigMap": {"apiVersion": "v1", "kind": "ConfigMap", "data": _pod},
		"RoleBinding": made.of("rbac.authorization.k8s.io/v1", "RoleBinding", _pod),
		"ClusterPolicy": made.of("kyverno.io/v1", "ClusterPolicy", {"rules": [_pod]}),
		"broken": {"apiVersion": 1, "kind": null, "spec": [_pod]},
		"empty": made.of("apps/v1", "Deployment", null),
	}
	pods.specs == [] with input as object
}

test_containers_of_every_role if {
	spec := {
		"initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
		"containers": [{"name": "c"}, {}, null, "x"],
		"ephemeralContainers": [{"name": "e"}],
	}
	called := {pods.called(each): each.path | some each in pods.containers} with input as made.of("v1", "Pod", spec)
	called == {
		"container 'c'": ["spec", "containers", 0],
		"unnamed container": ["spec", "containers", 1],
		"init container 'i'": ["spec", "initContainers", 0],
		"sidecar container 's'": ["spec", "initContainers", 1],
		"ephemeral container 'e'": ["spec", "ephemeralContainers", 0],
	}
}

test_model_container_of_kserve if {
	object := made.of("serving.kserve.io/v1beta1", "InferenceService", {"predictor": {"model": {"args": ["a"]}}})
	[each.path | some each in pods.containers] == [["spec", "predictor", "model"]] with input as object
	[pods.called(each) | some each in pods.containers] == ["model container"] with input as object
}

test_lasting if {
	spec := {
		"initContainers": [{"name": "i"}, {"name": "s", "restartPolicy": "Always"}],
		"containers": [{"name": "c"}],
	}
	lasting := {each.spec.name | some each in pods.containers; pods.lasting(each)} with input as made.of("v1", "Pod", spec)
	lasting == {"c", "s"}
}

test_ports_and_mounts if {
	container := {
		"ports": [{"containerPort": 80, "hostPort": 8080, "name": "web"}, {"containerPort": 81}, null],
		"volumeMounts": [{"name": "v", "mountPath": "/v/", "readOnly": true}, {"name": "gone", "mountPath": "/x"}],
	}
	object := made.with_spec({"volumes": [{"name": "w"}, {"name": "v"}]}, container)
	[port | some each in pods.containers; some port in pods.ports(each)] == [
		{"path": ["spec", "containers", 0, "ports", 0], "name": "web", "number": 80, "host": 8080},
		{"path": ["spec", "containers", 0, "ports", 1], "name": "", "number": 81, "host": 0},
	] with input as object
	[mount | some each in pods.containers; some mount in pods.mounts(each)] == [{
		"path": ["spec", "containers", 0, "volumeMounts", 0],
		"at": "/v",
		"read_only": true,
		"volume": {"name": "v"},
		"volume_path": ["spec", "volumes", 1],
	}] with input as object
}

test_images[text] if {
	some text, parts in {
		"nginx": ["docker.io", "library/nginx", "nginx", "", ""],
		"bitnami/redis:7": ["docker.io", "bitnami/redis", "redis", "7", ""],
		"localhost/a/b:1": ["localhost", "a/b", "b", "1", ""],
		"registry:5000/a": ["registry:5000", "a", "a", "", ""],
		"ghcr.io/a/b:1@sha256:ab": ["ghcr.io", "a/b", "b", "1", "sha256:ab"],
	}
	image := images.parse(text)
	[image.registry, image.repository, image.name, image.tag, image.digest] == parts
}

test_image_of_another_type if not images.parse(5)

test_words[note] if {
	some note, case in {
		"command before args": {
			"of": {"args": ["b", "c d"], "command": ["a"]},
			"are": ["a", "b", "c d"],
		},
		"a script is split": {
			"of": {"command": ["/bin/sh", "-ec"], "args": ["a 'b c' \"d\" e\\ f"]},
			"are": ["/bin/sh", "-ec", "a", "b c", "d", "e f"],
		},
		"also behind an init": {
			"of": {"command": ["tini", "--", "bash", "-c", "a b"]},
			"are": ["tini", "--", "bash", "-c", "a", "b"],
		},
		"lines go on, comments do not count": {
			"of": {"command": ["sh", "-c"], "args": ["# x\na \\\n  b # c\nd#e; f"]},
			"are": ["sh", "-c", "\n", "a", "b", "\n", "d#e", ";", "f"],
		},
		"only a shell has scripts": {
			"of": {"command": ["python", "-c", "a b"]},
			"are": ["python", "-c", "a b"],
		},
		"Kubernetes fills in variables": {
			"of": {"args": ["$(A)/$(B)"], "env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
			"are": ["2/$(B)"],
		},
		"and so does the shell": {
			"of": {
				"command": ["sh", "-c"],
				"args": ["$A ${A}b x$AB $B"],
				"env": [{"name": "A", "value": "1"}, {"name": "AB", "value": "2"}],
			},
			"are": ["sh", "-c", "1", "1b", "x2", "$B"],
		},
		"what is no text is left out": {"of": {"command": "a", "args": [1, null, "b"]}, "are": ["b"]},
	}
	[word.text | some word in commands.line(pods.containers[0]).words] == case.are with input as made.pod(case.of)
}

test_options if {
	args := ["--a=1", "--b_c", "2", "--flag", "--e", "-1", "-x", "y"]
	options := commands.line(pods.containers[0]).options with input as made.pod({"args": args})
	[[option.name, option.value] | some option in options] == [
		["--a", "1"],
		["--b-c", "2"],
		["--flag", ""],
		["--e", "-1"],
		["-1", ""],
		["-x", "y"],
	]
}

test_flags if {
	line := commands.line(pods.containers[0]) with input as made.pod({"args": ["--a", "--b=false", "--c=true"]})
	commands.flag(line, {"--a"})
	not commands.flag(line, {"--b"})
	commands.flag(line, {"--c"})
	not commands.flag(line, {"--d"})
}

test_variables if {
	object := made.pod({"env": [
		{"name": "A", "value": "1"},
		{"name": "B", "valueFrom": {"secretKeyRef": {}}},
		{"name": "C"},
		{"name": 5, "value": "x"},
		"junk",
	]})
	[[each.name, each.value] | some each in env.literals] == [["A", "1"], ["C", ""]] with input as object
	env.has(pods.containers[0], {"A"}) with input as object
	env.has(pods.containers[0], {"B"}) with input as object
	not env.has(pods.containers[0], {"C"}) with input as object
}

test_variables_from_elsewhere if {
	env.open_ended(pods.containers[0]) with input as made.pod({"envFrom": [{"secretRef": {"name": "a"}}]})
	not env.open_ended(pods.containers[0]) with input as made.pod({"envFrom": []})
}

test_how_objects_are_called if {
	objects.called == "Pod \"web\"" with input as made.pod({})
	objects.called == "Job \"web-\"" with input as {"kind": "Job", "metadata": {"generateName": "web-"}}
	objects.called == "unnamed Job" with input as {"kind": "Job"}
}
