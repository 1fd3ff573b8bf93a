# The platform, for every service of compose.yaml: `docker compose build`, or `docker build -t commonwatt .`

FROM python:3.13.7-slim AS packages
WORKDIR /app
COPY requirements-server.lock .
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements-server.lock

FROM node:24.9.0-slim AS pages
WORKDIR /app/api/web
COPY api/web/package.json api/web/package-lock.json api/web/.npmrc ./
RUN npm ci --omit=dev

FROM python:3.13.7-slim
RUN useradd --system --uid 10001 --no-create-home commonwatt && install --directory --owner commonwatt --mode 700 /data
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY . .
# Nobody may write here later: a service that had to compile its modules would take twice the time to start.
RUN .venv/bin/python -m compileall -q -x '/[.]venv/' --invalidation-mode unchecked-hash /app
COPY --from=pages /app/api/web/node_modules api/web/node_modules
# The data folder of every command, `data`, is the volume.
WORKDIR /
ENV PATH=/app/.venv/bin:$PATH PYTHONPATH=/app PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER commonwatt
VOLUME /data
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "services.cli"]
CMD ["--help"]
