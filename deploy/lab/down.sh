#!/bin/bash
# Removes the lab's cluster.
set -euo pipefail
kind delete cluster --name swiftformations-lab
