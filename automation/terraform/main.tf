# Puts the reference service on a cluster: the same objects as `kubectl apply -k`, as Terraform's own state.
#
#   kubectl kustomize manifests/reference/overlays/production > stack.yaml
#   kubeguard scan --profile pedantic stack.yaml
#   terraform apply -var manifests=stack.yaml
#
# The kinds of cert-manager, External Secrets, Gateway API and Prometheus have to be known to the cluster
# before the plan: it asks the API server for each schema.

terraform {
  required_version = ">= 1.5"

  required_providers {
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.31, < 4.0"
    }
  }
}

variable "manifests" {
  description = "A file of rendered objects, as `kubectl kustomize` writes it."
  type        = string
}

module "objects" {
  source    = "./objects"
  manifests = var.manifests
}

resource "kubernetes_manifest" "first" {
  for_each = module.objects.first
  manifest = each.value

  field_manager {
    name            = "terraform"
    force_conflicts = false # what somebody else set is theirs, and a reason to stop
  }
}

resource "kubernetes_manifest" "rest" {
  for_each   = module.objects.rest
  depends_on = [kubernetes_manifest.first]
  manifest   = each.value

  # Controllers add labels and annotations of their own, and the autoscaler counts the pods.
  computed_fields = concat(
    ["metadata.labels", "metadata.annotations"],
    each.value.kind == "Deployment" ? ["spec.replicas"] : [],
  )

  field_manager {
    name            = "terraform"
    force_conflicts = false
  }

  # Pods that cannot start are a failure of this run, not of the next morning.
  dynamic "wait" {
    for_each = each.value.kind == "Deployment" ? [true] : []
    content {
      rollout = true
    }
  }
}

output "objects" {
  description = "What is on the cluster, by kind, namespace and name."
  value       = sort(concat(keys(module.objects.first), keys(module.objects.rest)))
}
