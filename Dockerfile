# The image runs the TypeScript as it is: it holds Node 26, src, plugins and the packages they import.
# BASE is any image with Node 26 or newer as `node` on its PATH; it needs neither shell nor npm when BUILD, the image that
# installs the packages, is another one: docker build --build-arg BUILD=node:26 --build-arg BASE=<a distroless image> .
ARG BASE=docker.io/library/node:26-bookworm-slim
ARG BUILD=${BASE}

FROM ${BUILD} AS packages
WORKDIR /nodens
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
COPY src src
COPY plugins plugins
# Tests and man pages stay out; what is left must be able to say its version.
RUN find src plugins \( -name '*.test.ts' -o -name '*.md' \) -delete && rm package-lock.json && node src/main.ts -version

FROM ${BASE}
LABEL org.opencontainers.image.title="nodens" \
      org.opencontainers.image.description="A cluster DNS server that reads a Corefile and takes the place of CoreDNS" \
      org.opencontainers.image.licenses="MIT"
COPY --from=packages --chown=0:0 /nodens /nodens
ENV NODE_ENV=production
# Port 53 is open to this user where the runtime sets net.ipv4.ip_unprivileged_port_start=0 (Docker, containerd 2); elsewhere
# the pod's securityContext sets that sysctl, which Kubernetes counts among the safe ones.
USER 65532:65532
WORKDIR /
EXPOSE 53 53/udp
# The arguments of a CoreDNS Deployment are appended as they are: ["-conf", "/etc/coredns/Corefile"].
ENTRYPOINT ["node", "/nodens/src/main.ts"]
