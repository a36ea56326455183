# The image holds Node 26, src and plugins compiled into a few files, the packages they import, and what V8 compiled of them:
# stripping types when the server starts would cost 30 MB of memory and 0.2 s.
# BASE is any image with Node 26 or newer as `node` on its PATH; it needs neither shell nor npm when BUILD, the image that
# installs the packages, is another one: docker build --build-arg BUILD=node:26 --build-arg BASE=<a distroless image> .
ARG BASE=docker.io/library/node:26-bookworm-slim
ARG BUILD=${BASE}

FROM ${BUILD} AS packages
WORKDIR /build
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts scripts
COPY src src
COPY plugins plugins
RUN node scripts/build.ts && npm ci --omit=dev --ignore-scripts --no-audit --no-fund && \
    mkdir /nodens && cp -r dist/src dist/plugins dist/package.json node_modules /nodens/
# V8's code for a module goes to the compile cache as it is loaded, before any of it runs: a start that only says its version leaves
# there what one with the largest Corefile does, and what is loaded on demand stays out. The read-only image then only reads it. Node
# keeps one for each user, readable to nobody else: one for root, whom deploy/kubernetes/overlays/nodelocal needs, and one for the
# image's user.
ENV NODE_COMPILE_CACHE=/nodens/compile-cache MALLOC_ARENA_MAX=1
RUN mkdir -m 777 /nodens/compile-cache && node /nodens/src/main.js -version
USER 65532:65532
RUN node /nodens/src/main.js -version
USER 0:0
RUN chmod -R a+rX,go-w /nodens/compile-cache

FROM ${BASE}
LABEL org.opencontainers.image.title="nodens" \
      org.opencontainers.image.description="A cluster DNS server that reads a Corefile and takes the place of CoreDNS" \
      org.opencontainers.image.licenses="MIT"
COPY --from=packages --chown=0:0 /nodens /nodens
ENV NODE_ENV=production NODE_COMPILE_CACHE=/nodens/compile-cache MALLOC_ARENA_MAX=1
# Port 53 is open to this user where the runtime sets net.ipv4.ip_unprivileged_port_start=0 (Docker, containerd 2); elsewhere
# the pod's securityContext sets that sysctl, which Kubernetes counts among the safe ones.
USER 65532:65532
WORKDIR /
EXPOSE 53 53/udp
# The arguments of a CoreDNS Deployment are appended as they are: ["-conf", "/etc/coredns/Corefile"].
# The young generation has 2 MiB from the start: with the 1 MiB that V8 begins with, it was collected twice as often under load.
# V8 leaves garbage until its heap is full, and takes that to be 256 MB where a container has less: the kernel would end the
# process first. 55 percent of the container's memory leaves room for all that is not of the heap, which is some 70 MB.
ENTRYPOINT ["node", "--min-semi-space-size=2", "--max-semi-space-size=2", "--max-old-space-size-percentage=55", "/nodens/src/main.js"]
