# NEVER BUILD THIS. The twin of the Dockerfile beside it: the same service, with every mistake that
# kubeguard knows of. docs/reference.md shows what it says about them.
RUN echo "nothing runs before the first FROM"
FROM python AS build
ARG API_TOKEN
ENV AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIbPxRfiCYzEXAMPLETESTKEYx
COPY id_rsa /root/.ssh/id_rsa
ADD src /src
ADD http://downloads.invalid/model.tar.gz /models/
RUN curl -s http://downloads.invalid/install.sh | bash
RUN curl -k https://downloads.invalid/model.onnx -o /models/model.onnx
RUN wget --no-check-certificate https://downloads.invalid/tokenizer.json
RUN pip install --trusted-host pypi.invalid reference-app
RUN PYTHONHTTPSVERIFY=0 python fetch.py
RUN NODE_TLS_REJECT_UNAUTHORIZED=0 node fetch.js
RUN npm config set strict-ssl false
RUN git -c http.sslVerify=false clone https://git.invalid/reference-app
RUN --network=host cd /src && make
RUN cat /src/requirements.txt | pip install -r /dev/stdin
RUN echo 'root:letmein' | chpasswd
RUN chmod -R 777 /src
RUN apt-get update
RUN apt-get upgrade && apt-get install curl
RUN apt-get install -y --allow-unauthenticated libpq5
RUN sudo make install

FROM alpine:latest AS build
RUN apk add --allow-untrusted nodejs
COPY src tests /src

FROM fedora:latest AS rpm
RUN yum install -y --nogpgcheck --setopt=sslverify=0 python3

FROM ${BASE} AS service
COPY --from=nowhere /src /src
COPY --from=service /models /models
RUN apt-get update && apt-get install -y libgomp1
WORKDIR app
USER reference
USER root
EXPOSE 22 8080
CMD python -m reference_app serve all
CMD reference_app serve all
