# Any part of Kaiku. The program is the checkout, mounted read-only where it lies on the host; only Node is in here.
FROM kaiku/debian:local
RUN apt-get update -q && apt-get install -y -q --no-install-recommends libstdc++6 tzdata && rm -rf /var/lib/apt/lists/*
COPY node /usr/local/bin/node
ENV NODE_ENV=production
CMD ["node", "--version"]
