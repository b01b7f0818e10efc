# The libraries, and Envoy's official images with them, made by the same make targets as everywhere else.
#
#   docker build --target stock .               envoyproxy/envoy with libfuncroute.so
#   docker build --target distroless .          the same, distroless
#   docker build --target contrib .             envoyproxy/envoy:contrib with libfuncroute-contrib.so
#   docker build --target libraries -o dist .   just the two files

ARG ENVOY_VERSION=1.39.0

FROM golang:1.26 AS go

# What a library needs of glibc must be there in the image that loads it. Envoy's images are based on Ubuntu 22.04 (the
# distroless one on a newer glibc), the official Go images no longer come with anything that old.
FROM ubuntu:22.04 AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc git libc6-dev make \
 && rm -rf /var/lib/apt/lists/*
COPY --from=go /usr/local/go /usr/local/go
ENV PATH=/usr/local/go/bin:$PATH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN make build

FROM scratch AS libraries
COPY --from=build /src/dist/libfuncroute.so /src/dist/libfuncroute-contrib.so /

FROM envoyproxy/envoy:v${ENVOY_VERSION} AS stock
COPY --from=build /src/dist/libfuncroute.so /usr/local/lib/
ENV ENVOY_DYNAMIC_MODULES_SEARCH_PATH=/usr/local/lib

FROM envoyproxy/envoy:distroless-v${ENVOY_VERSION} AS distroless
COPY --from=build /src/dist/libfuncroute.so /usr/local/lib/
ENV ENVOY_DYNAMIC_MODULES_SEARCH_PATH=/usr/local/lib

FROM envoyproxy/envoy:contrib-v${ENVOY_VERSION} AS contrib
COPY --from=build /src/dist/libfuncroute-contrib.so /usr/local/lib/
