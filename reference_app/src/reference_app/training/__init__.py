"""Builds, trains and evaluates the models; needs the extra `train`, unlike the service."""
