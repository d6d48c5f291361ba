# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The crates of others, built from the manifests alone: this layer is made anew only when a manifest changes.
COPY Cargo.toml Cargo.lock ./
COPY entity/Cargo.toml entity/
COPY migration/Cargo.toml migration/
# Cargo wants to see every member of the workspace; nothing of these is built.
COPY tests/fake_stripe/Cargo.toml tests/fake_stripe/
COPY tests/fuzz/Cargo.toml tests/fuzz/
RUN mkdir -p src entity/src migration/src tests/it tests/fake_stripe/src tests/fuzz/src \
    && touch tests/fake_stripe/src/lib.rs tests/fuzz/src/lib.rs \
    && echo 'fn main() {}' | tee src/main.rs tests/it/main.rs tests/fake_stripe/src/main.rs \
    && touch src/lib.rs entity/src/lib.rs migration/src/lib.rs \
    && cargo build --release --locked --bin tributary \
    && rm -rf src entity/src migration/src

COPY entity entity
COPY migration migration
COPY src src
# The stubs are newer than files that were checked out before, and cargo goes by age.
RUN find src entity/src migration/src -name '*.rs' -exec touch {} + \
    && cargo build --release --locked --bin tributary \
    && mkdir /data

# Certificates and the C library, no shell, and a user without rights.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /build/target/release/tributary /usr/local/bin/tributary
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
WORKDIR /data
VOLUME /data
ENV TRIBUTARY_LISTEN=0.0.0.0:8080 \
    TRIBUTARY_WORKER_LISTEN=0.0.0.0:8080 \
    TRIBUTARY_DATA_DIR=/data \
    TRIBUTARY_ENV=production \
    TRIBUTARY_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["/usr/local/bin/tributary", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/tributary"]
CMD ["serve"]
