"""EQM: emotions from wearables, while they happen."""

from setuptools import find_packages, setup

setup(
    name="eqm",
    version="0.1.0",
    description="Reads wearables through Kafka and Flink and says, while it happens, how people feel",
    python_requires=">=3.11,<3.12",
    packages=find_packages(include=["schemas*", "models*", "pipelines*", "feature_repo*"]),
    package_data={"schemas": ["json/*.json", "avro/*.avsc"], "pipelines": ["report/assets/*", "streaming/java/**/*"]},
    entry_points={"console_scripts": ["eqm=pipelines.cli.main:main"]},
)
