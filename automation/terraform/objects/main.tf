# From rendered YAML to objects by what they are. It needs no provider, so that it can be tested alone.

variable "manifests" {
  description = "A file of rendered objects, as `kubectl kustomize` writes it."
  type        = string

  validation {
    condition     = fileexists(var.manifests)
    error_message = "There is no such file; write it by: kubectl kustomize OVERLAY > stack.yaml"
  }
}

locals {
  documents = [
    for text in split("\n---\n", file(var.manifests)) : yamldecode(text)
    if trimspace(text) != ""
  ]
  objects = {
    for each in local.documents :
    join("/", compact([each.kind, try(each.metadata.namespace, ""), each.metadata.name])) => each
  }

  # What others need before they can be made, or are held to.
  first = ["Namespace", "PriorityClass"]
}

output "first" {
  description = "Namespaces and classes, by kind and name."
  value       = { for key, each in local.objects : key => each if contains(local.first, each.kind) }
}

output "rest" {
  description = "Everything else, by kind, namespace and name."
  value       = { for key, each in local.objects : key => each if !contains(local.first, each.kind) }
}
