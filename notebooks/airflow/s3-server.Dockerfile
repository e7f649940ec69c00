# An S3 server on a folder, for trying this without a cloud: https://github.com/versity/versitygw
FROM golang:1.25-bookworm AS build
RUN CGO_ENABLED=0 GOBIN=/out go install github.com/versity/versitygw/cmd/versitygw@v1.8.0

FROM debian:bookworm-slim
COPY --from=build /out/versitygw /usr/local/bin/versitygw
# Each folder below the data is a bucket.
RUN useradd --create-home s3 && install -d -o s3 /data /data/buckets /data/buckets/results /data/sidecar
USER s3
VOLUME /data
EXPOSE 7070
CMD ["versitygw", "--port", ":7070", "--quiet", "--keep-alive", "posix", "--sidecar", "/data/sidecar", "/data/buckets"]
