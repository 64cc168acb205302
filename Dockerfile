# kubeguard's own image: what `kubeguard webhook install --image` runs.
#   docker build --build-arg PYTHON=python:3.13-slim@sha256:... -t REGISTRY/kubeguard .

# A Python on Debian, by digest: the digest of the day is for whoever builds to choose.
ARG PYTHON

FROM ${PYTHON} AS build
WORKDIR /src
COPY constraints-image.txt constraints-go.txt ./
RUN python -m venv /opt/kubeguard \
    && /opt/kubeguard/bin/pip install --no-cache-dir --require-hashes -r constraints-image.txt \
    && python -m venv /opt/go \
    && /opt/go/bin/pip install --no-cache-dir --require-hashes -r constraints-go.txt
COPY . .
RUN PATH="/opt/go/bin:$PATH" KUBEGUARD_REGO=required \
    /opt/kubeguard/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${PYTHON}
LABEL org.opencontainers.image.title="kubeguard" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/kubeguard /opt/kubeguard
ENV PATH="/opt/kubeguard/bin:$PATH" PYTHONDONTWRITEBYTECODE=1
WORKDIR /scan
USER 65532:65532
HEALTHCHECK NONE
ENTRYPOINT ["kubeguard"]
