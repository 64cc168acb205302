# NEVER BUILD THIS. The package's index stays in the image, its version is always empty, and Kubernetes
# cannot tell whether a user with a name is root.
ARG VERSION=1.0
FROM alpine:3.22
RUN apk add python3
COPY reference_app-${VERSION}.whl /
USER reference
CMD ["python3", "-m", "reference_app", "reseal"]
