# nats-server of Debian, configured by a file that whoever starts it puts there.
FROM kaiku/debian:local
RUN apt-get update -q && apt-get install -y -q --no-install-recommends nats-server && rm -rf /var/lib/apt/lists/*
EXPOSE 4222
CMD ["nats-server", "-c", "/etc/kaiku/nats.conf"]
